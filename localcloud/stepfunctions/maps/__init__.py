"""The data of distributed Map states: reading items, batching them, writing results. All pure."""
