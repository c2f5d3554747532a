"""State machines with their revisions, versions and aliases."""

import json
import random

import pytest

from localcloud.stepfunctions import ApiError
from tests.unit.stepfunctions.conftest import ROLE, chain


def passing(result):
    return json.dumps(chain(A={"Type": "Pass", "Result": result}))


@pytest.fixture
def machine(lab):
    return lab.call("CreateStateMachine", name="m", definition=passing(1), roleArn=ROLE)[
        "stateMachineArn"
    ]


def run(lab, arn):
    execution = lab.call("StartExecution", stateMachineArn=arn)["executionArn"]
    return json.loads(lab.ended(execution)["output"])


def test_creating_again_is_idempotent_for_the_same_definition_only(lab, machine):
    again = lab.call("CreateStateMachine", name="m", definition=passing(1), roleArn=ROLE)
    assert again["stateMachineArn"] == machine
    code = lab.refused("CreateStateMachine", name="m", definition=passing(2), roleArn=ROLE)
    assert code == "StateMachineAlreadyExists"


def test_a_bad_definition_is_refused(lab):
    code = lab.refused("CreateStateMachine", name="m", definition="{}", roleArn=ROLE)
    assert code == "InvalidDefinition"


def test_what_runs_keeps_the_definition_it_started_with(lab):
    waiting = chain(W={"Type": "Wait", "Seconds": 100}, A={"Type": "Pass", "Result": "old"})
    arn = lab.machine(waiting)
    execution = lab.call("StartExecution", stateMachineArn=arn)["executionArn"]
    lab.call("UpdateStateMachine", stateMachineArn=arn, definition=passing("new"))
    described = lab.call("DescribeStateMachineForExecution", executionArn=execution)
    assert json.loads(described["definition"]) == waiting
    lab.advance(100)
    assert json.loads(lab.ended(execution)["output"]) == "old"
    assert run(lab, arn) == "new"


def test_an_update_of_nothing_is_refused(lab, machine):
    assert lab.refused("UpdateStateMachine", stateMachineArn=machine) == (
        "MissingRequiredParameter"
    )


def test_a_version_stays_what_it_was(lab, machine):
    version = lab.call("PublishStateMachineVersion", stateMachineArn=machine)
    same = lab.call("PublishStateMachineVersion", stateMachineArn=machine)
    assert same == version
    lab.call("UpdateStateMachine", stateMachineArn=machine, definition=passing(2), publish=True)
    arn = version["stateMachineVersionArn"]
    assert (run(lab, arn), run(lab, machine)) == (1, 2)
    described = lab.call("DescribeStateMachine", stateMachineArn=arn)
    assert json.loads(described["definition"]) == json.loads(passing(1))
    listed = lab.call("ListStateMachineVersions", stateMachineArn=machine)["stateMachineVersions"]
    assert [row["stateMachineVersionArn"] for row in listed] == [f"{machine}:2", f"{machine}:1"]


def test_an_alias_points_to_a_version_and_can_be_moved(lab, machine):
    lab.call("PublishStateMachineVersion", stateMachineArn=machine)
    lab.call("UpdateStateMachine", stateMachineArn=machine, definition=passing(2), publish=True)

    def routing(number):
        return [{"stateMachineVersionArn": f"{machine}:{number}", "weight": 100}]

    alias = lab.call("CreateStateMachineAlias", name="live", routingConfiguration=routing(1))[
        "stateMachineAliasArn"
    ]
    assert alias == f"{machine}:live"
    assert run(lab, alias) == 1
    lab.call("UpdateStateMachineAlias", stateMachineAliasArn=alias, routingConfiguration=routing(2))
    assert run(lab, alias) == 2
    (latest, first) = lab.call("ListExecutions", stateMachineArn=alias)["executions"]
    assert latest["stateMachineAliasArn"] == first["stateMachineAliasArn"] == alias
    assert (
        lab.refused("DeleteStateMachineVersion", stateMachineVersionArn=f"{machine}:2")
        == "ConflictException"
    )
    lab.call("DeleteStateMachineAlias", stateMachineAliasArn=alias)
    lab.call("DeleteStateMachineVersion", stateMachineVersionArn=f"{machine}:2")
    assert lab.refused("StartExecution", stateMachineArn=alias) == "StateMachineDoesNotExist"


def test_an_alias_shares_executions_by_weight(lab, machine):
    lab.call("PublishStateMachineVersion", stateMachineArn=machine)
    lab.call("UpdateStateMachine", stateMachineArn=machine, definition=passing(2), publish=True)
    routes = [
        {"stateMachineVersionArn": f"{machine}:1", "weight": 25},
        {"stateMachineVersionArn": f"{machine}:2", "weight": 75},
    ]
    lab.sfn.runtime.random = random.Random(7)  # noqa: S311 - the same draw each time
    alias = lab.call("CreateStateMachineAlias", name="split", routingConfiguration=routes)
    outputs = [run(lab, alias["stateMachineAliasArn"]) for _ in range(80)]
    assert 10 <= outputs.count(1) <= 32


def test_weights_must_add_up(lab, machine):
    lab.call("PublishStateMachineVersion", stateMachineArn=machine)
    routes = [{"stateMachineVersionArn": f"{machine}:1", "weight": 60}]
    code = lab.refused("CreateStateMachineAlias", name="a", routingConfiguration=routes)
    assert code == "ValidationException"


def test_a_deleted_state_machine_is_gone_but_what_runs_goes_on(lab):
    arn = lab.machine(chain(W={"Type": "Wait", "Seconds": 100}))
    execution = lab.call("StartExecution", stateMachineArn=arn)["executionArn"]
    lab.advance(0)
    lab.call("DeleteStateMachine", stateMachineArn=arn)
    lab.call("DeleteStateMachine", stateMachineArn=arn)
    assert lab.refused("DescribeStateMachine", stateMachineArn=arn) == "StateMachineDoesNotExist"
    lab.advance(100)
    assert lab.ended(execution)["status"] == "SUCCEEDED"


def test_tags_come_and_go(lab, machine):
    lab.call("TagResource", resourceArn=machine, tags=[{"key": "a", "value": "1"}])
    lab.call("TagResource", resourceArn=machine, tags=[{"key": "b", "value": "2"}])
    lab.call("UntagResource", resourceArn=machine, tagKeys=["a"])
    tags = lab.call("ListTagsForResource", resourceArn=machine)["tags"]
    assert tags == [{"key": "b", "value": "2"}]


def test_a_definition_is_validated_with_locations(lab):
    broken = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Nowhere"}}}
    found = lab.call("ValidateStateMachineDefinition", definition=json.dumps(broken))
    assert found["result"] == "FAIL"
    assert any("/States/A/Next" in row["location"] for row in found["diagnostics"])
    fine = lab.call("ValidateStateMachineDefinition", definition=passing(1))
    assert (fine["result"], fine["diagnostics"]) == ("OK", [])


def test_a_revision_has_an_id_from_the_first_update_on(lab):
    arn = lab.machine(chain(P={"Type": "Pass"}))
    described = lab.call("DescribeStateMachine", stateMachineArn=arn)
    assert "revisionId" not in described
    same = lab.call("UpdateStateMachine", stateMachineArn=arn, definition=described["definition"])
    assert "revisionId" not in same
    lab.advance(1)
    changed = lab.call("UpdateStateMachine", stateMachineArn=arn, roleArn=f"{ROLE}-2")
    described = lab.call("DescribeStateMachine", stateMachineArn=arn)
    assert described["revisionId"] == changed["revisionId"]


def test_an_update_that_changes_nothing_publishes_no_new_version(lab):
    arn = lab.machine(chain(P={"Type": "Pass"}), publish=True)
    again = lab.call("UpdateStateMachine", stateMachineArn=arn, roleArn=ROLE, publish=True)
    assert again["stateMachineVersionArn"] == f"{arn}:1"


@pytest.mark.parametrize(
    ("action", "params", "code", "message"),
    [
        (
            "ListStateMachines",
            {"maxResults": 1001},
            "ValidationException",
            (
                "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy "
                "constraint: Member must have value less than or equal to 1000"
            ),
        ),
        (
            "CreateStateMachineAlias",
            {
                "name": "123",
                "routingConfiguration": [{"stateMachineVersionArn": "v", "weight": 100}],
            },
            "ValidationException",
            (
                "1 validation error detected: Value '123' at 'name' failed to satisfy constraint: "
                r"Member must satisfy regular expression pattern: "
                r"^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$"
            ),
        ),
        (
            "CreateStateMachineAlias",
            {"name": "a", "routingConfiguration": [{"stateMachineVersionArn": "v", "weight": 101}]},
            "ValidationException",
            (
                "1 validation error detected: Value '101' at 'routingConfiguration.1.member."
                "weight' failed to satisfy constraint: "
                "Member must have value less than or equal to 100"
            ),
        ),
        (
            "SendTaskFailure",
            {"taskToken": "t", "error": "E" * 257},
            "ValidationException",
            (
                "1 validation error detected: Value at 'error' failed to satisfy constraint: "
                "Member must have length less than or equal to 256"
            ),
        ),
        ("ListStateMachines", {"nextToken": "x"}, "InvalidToken", "Invalid Token: 'Invalid token'"),
        (
            "CreateStateMachine",
            {"name": "m", "definition": "{}", "roleArn": ROLE, "versionDescription": "d"},
            "ValidationException",
            "Version description can only be set when publish is true",
        ),
        (
            "CreateStateMachine",
            {
                "name": "m",
                "definition": json.dumps(chain(P={"Type": "Pass"})),
                "roleArn": ROLE,
                "loggingConfiguration": {"level": "ALL"},
            },
            "InvalidLoggingConfiguration",
            "Invalid Logging Configuration: Must specify exactly one Log Destination.",
        ),
    ],
)
def test_constraints_are_told_in_aws_words(lab, action, params, code, message):
    with pytest.raises(ApiError) as refused:
        lab.call(action, **params)
    assert (refused.value.code, refused.value.message) == (code, message)


@pytest.mark.parametrize(
    ("routes", "message"),
    [
        ([("", 100)], "Routing configuration must contain state machine version ARNs. Received: ["),
        ([(":1", 50), (":1", 50)], "Routing configuration must contain distinct state machine"),
        ([(":1", 70), (":2", 29)], "Sum of routing configuration weights must equal 100. "),
    ],
)
def test_routes_that_are_refused(lab, routes, message):
    arn = lab.machine(chain(P={"Type": "Pass"}), publish=True)
    routing = [{"stateMachineVersionArn": arn + tail, "weight": weight} for tail, weight in routes]
    with pytest.raises(ApiError) as refused:
        lab.call("CreateStateMachineAlias", name="a", routingConfiguration=routing)
    assert refused.value.message.startswith(message)


def test_deleting_an_alias_that_is_not_there_is_no_error(lab):
    arn = lab.machine(chain(P={"Type": "Pass"}))
    assert lab.call("DeleteStateMachineAlias", stateMachineAliasArn=f"{arn}:gone") == {}


def test_variables_are_told_by_the_states_that_refer_to_them(lab):
    states = chain(
        Set={"Type": "Pass", "Assign": {"a": 1, "b": {"c": 2}, "d.$": "$$.Execution.Name"}},
        Path={"Type": "Pass", "Parameters": {"x.$": "States.Format('$no {}', $b.c)", "y.$": "$.a"}},
        Expression={
            "Type": "Pass",
            "QueryLanguage": "JSONata",
            "Output": "{% ($own := $a; $sum([$own, $b.c]) & '$d' & $states.input.d) %}",
        },
        Over={
            "Type": "Map",
            "ItemProcessor": chain(In={"Type": "Pass", "InputPath": "$d"}),
            "ItemSelector": {"v.$": "$a"},
        },
    )
    described = lab.call("DescribeStateMachine", stateMachineArn=lab.machine(states))
    assert described["variableReferences"] == {
        "Path": ["b"],
        "Expression": ["a", "b"],
        "Over": ["a"],
        "In": ["d"],
    }
