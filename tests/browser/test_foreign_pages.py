"""A page that somebody else serves, on another port, in the browser of the cloud's owner."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page

from tests.support.cloud import Cloud

ATTACK = """
<iframe name="sink"></iframe>
<form method="post" target="sink" action="{url}/?Action=CreateUser&UserName=by-form">
<input name="Action" value="CreateUser"><input name="UserName" value="by-form"></form>
<form method="post" target="sink" action="{url}/_localcloud/clock" enctype="text/plain">
<input name='{{"advance_seconds": 9999, "x' value='": 1}}'></form>
<script>
const done = [];
const seen = (name) => new Promise((resolve) => {{
  const image = new Image();
  image.onload = image.onerror = resolve;
  image.src = "{url}/?" + name;
}});
done.push(seen("Action=CreateUser&UserName=by-image&Version=2010-05-08"));
done.push(seen("Action=Subscribe&Protocol=sqs&TopicArn={topic}&Endpoint=arn:aws:sqs:x:1:y"));
for (const body of ['{{"QueueName": "by-fetch"}}', "Action=CreateUser&UserName=by-fetch"])
  for (const path of ["/", "/_localcloud/clock", "/2015-03-31/functions/f/invocations"])
    done.push(fetch("{url}" + path, {{method: "POST", mode: "no-cors", body}}).catch(() => 0));
done.push(fetch("{url}/eve-bucket", {{method: "PUT", mode: "cors"}}).catch(() => 0));
for (const form of document.forms) form.submit();
Promise.all(done).then(() => {{ document.title = "done"; }});
</script>
"""


@pytest.fixture
def serve() -> Iterator[Callable[[str], str]]:
    """Serves pages of an attacker, each on a port of its own."""
    servers: list[ThreadingHTTPServer] = []

    def begin(text: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    """A page that may complain as much as it likes."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def state(cloud: Cloud) -> object:
    return (
        [user["UserName"] for user in cloud.client("iam").list_users()["Users"]],
        cloud.client("sns").list_subscriptions()["Subscriptions"],
        cloud.client("sqs").list_queues().get("QueueUrls"),
        [bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]],
        [run["name"] for run in cloud.executions()],
    )


def test_a_page_on_another_port_changes_nothing(
    cloud: Cloud, visitor: Page, serve: Callable[[str], str]
) -> None:
    before = state(cloud)
    url, answers = cloud.environment["AWS_ENDPOINT_URL"], []
    visitor.on("response", lambda a: answers.append(a.status) if a.url.startswith(url) else None)
    visitor.goto(serve(ATTACK.format(url=url, topic=cloud.outputs["OutcomeTopicArn"])))
    visitor.wait_for_function("document.title === 'done'")
    visitor.wait_for_load_state("networkidle")
    assert state(cloud) == before
    assert len(answers) >= 6
    assert set(answers) == {403}
