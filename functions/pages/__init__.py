"""What the pages of the stack share: requests and answers, the frame, the style."""
