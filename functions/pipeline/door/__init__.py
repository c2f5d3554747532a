"""The door for senders: who is invited to send what, and what became of it in their words."""
