"""What people are told, in lists, messages and pages."""
