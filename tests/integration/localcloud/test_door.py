"""The door is open before the cloud is there."""

import threading
from collections.abc import Iterable
from http import HTTPStatus
from urllib.request import urlopen

from localcloud.door import Door
from localcloud.http.wsgi import Environ, StartResponse, respond_json
from tests.support.signing import control


def test_health_is_answered_at_once_and_all_else_waits() -> None:
    door = Door(region="eu-central-1")
    environment = door.account.environment
    try:
        assert control(environment, "health")["status"] == "starting"
        answers: list[object] = []
        asking = threading.Thread(target=lambda: answers.append(control(environment, "clock")))
        asking.start()
        door.lead_to(_inside)
        asking.join(30)
        assert answers == [{"inside": "/_localcloud/clock"}]
        assert control(environment, "health") == {"inside": "/_localcloud/health"}
    finally:
        door.close()


def test_what_visitors_will_need_is_woken_by_the_first_who_asks_for_a_service() -> None:
    door = Door(region="eu-central-1")
    woken: list[str] = []
    door.wake_at_first_visit(lambda: woken.append("functions"))
    door.lead_to(_inside)
    try:
        control(door.account.environment, "health")
        door.account.client("dynamodb").list_tables()  # the cloud's own clients are no visitors
        assert woken == []
        for _ in range(2):
            urlopen(door.account.endpoint_url)
        assert woken == ["functions"]
    finally:
        door.close()


def _inside(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    return respond_json(start_response, HTTPStatus.OK, {"inside": environ["PATH_INFO"]})
