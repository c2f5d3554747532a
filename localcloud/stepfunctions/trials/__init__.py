"""One state by itself: TestState."""
