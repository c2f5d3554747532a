"""Records, line ends and quotes by one walk over single bytes: slow, and plainly right.

The first line is the header, which another validator judges.
"""

from __future__ import annotations

Facts = tuple[str, bool, int, int]


def by_bytes(data: bytes) -> Facts | None:
    """Return newline, multiline, blank lines, records; None where a file must be refused."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    head = data[: data.find(b"\n") + 1] if b"\n" in data else data
    state, at = "start", len(head)
    line_ends, crlf = head.count(b"\n"), head.count(b"\r\n")
    inner = blank = records = 0
    stray = lone_return = has_content = False
    while at < len(data):
        byte = data[at : at + 1]
        if state == "quoted":
            if byte == b'"' and data[at + 1 : at + 2] == b'"':
                at += 1
            elif byte == b'"':
                state = "closed"
            else:
                inner += byte in b"\r\n"
        elif byte == b"\n" or data[at : at + 2] == b"\r\n":
            crlf += byte == b"\r"
            at += byte == b"\r"
            line_ends += 1
            records, blank = records + has_content, blank + (not has_content)
            state, has_content = "start", False
        else:
            has_content = True
            lone_return |= byte == b"\r"
            stray |= (byte == b'"' and state == "plain") or (byte != b"," and state == "closed")
            state = {b",": "start", b'"': "quoted" if state == "start" else "plain"}.get(
                byte, "plain"
            )
        at += 1
    if state == "quoted" or lone_return or (stray and inner):
        return None
    newline = "\n" if not crlf else "\r\n" if crlf == line_ends else "mixed"
    return newline, inner > 0, blank, records + has_content
