"""EventBridge as it delivers: events of the services, rules, targets, schedules."""
