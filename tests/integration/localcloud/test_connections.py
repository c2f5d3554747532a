import socket
import subprocess
import sys

from localcloud.faults.connections import process_connected

# Leaves one port twice: the first connection is closed and lingers, the second one stays.
CALLER = """
import socket, sys

def connect(server):
    caller = socket.socket()
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    caller.bind(("127.0.0.1", int(sys.argv[1])))
    caller.connect(("127.0.0.1", int(server)))
    return caller

first = connect(sys.argv[2])
first.shutdown(socket.SHUT_WR)
first.recv(1)
first.close()
second = connect(sys.argv[3])
second.sendall(b"here")
sys.stdin.read()
"""


def a_server() -> socket.socket:
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server


def test_a_closed_connection_from_the_same_port_hides_nobody() -> None:
    with a_server() as other, a_server() as server, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        ports = [str(number.getsockname()[1]) for number in (other, server)]
        with subprocess.Popen(
            [sys.executable, "-c", CALLER, str(port), *ports], stdin=subprocess.PIPE
        ) as caller:
            lingering, _ = other.accept()
            with lingering:
                assert lingering.recv(1) == b""
            connection, _ = server.accept()
            with connection:
                assert connection.recv(4) == b"here"
                assert process_connected(port=port, server_port=int(ports[1])) == caller.pid
                assert process_connected(port=port, server_port=int(ports[0])) is None
