"""Requests and answers: the server, who signed, and what is asked."""
