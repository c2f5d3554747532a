"""What roles allow: judged for tests of least privilege, and enforced if somebody asks for it."""
