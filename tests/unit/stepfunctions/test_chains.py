"""How events of nested states point to one another, as AWS chains them."""

from tests.unit.stepfunctions.conftest import FunctionError, chain, invoke


def shape(lab, arn):
    return [(event["type"], event["previousEventId"]) for event in lab.history(arn)]


def run(lab, machine, value=None):
    arn = lab.start(machine, value)
    lab.ended(arn)
    return shape(lab, arn)


def broken(_):
    raise FunctionError("Broken")


def test_a_task_that_ends_a_branch_is_aborted_beside_the_chain(lab):
    lab.functions["broken"] = broken
    machine = {
        "StartAt": "P",
        "States": {
            "P": {
                "Type": "Parallel",
                "Branches": [chain(T=invoke("broken"))],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
                "End": True,
            },
            "Caught": {"Type": "Pass", "End": True},
        },
    }
    assert run(lab, machine) == [
        ("ExecutionStarted", 0),
        ("ParallelStateEntered", 0),
        ("ParallelStateStarted", 2),
        ("TaskStateEntered", 3),
        ("TaskScheduled", 4),
        ("TaskStarted", 5),
        ("TaskFailed", 6),
        ("TaskStateAborted", 7),
        ("ParallelStateFailed", 7),
        ("ParallelStateExited", 9),
        ("PassStateEntered", 10),
        ("PassStateExited", 11),
        ("ExecutionSucceeded", 12),
    ]


def test_a_runtime_error_in_an_iteration_ends_the_execution_at_once(lab):
    processor = chain(I={"Type": "Pass", "Parameters": {"m.$": "$.nope"}})
    machine = chain(M={"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": processor})
    assert run(lab, machine, [1, 2]) == [
        ("ExecutionStarted", 0),
        ("MapStateEntered", 0),
        ("MapStateStarted", 2),
        ("MapIterationStarted", 3),
        ("PassStateEntered", 4),
        ("ExecutionFailed", 5),
    ]


def test_iterations_side_by_side_all_follow_the_start_of_the_map(lab):
    machine = chain(M={"Type": "Map", "ItemProcessor": chain(I={"Type": "Pass"})})
    started = [
        previous
        for event_type, previous in run(lab, machine, [1, 2, 3])
        if event_type == "MapIterationStarted"
    ]
    assert started == [3, 3, 3]


def test_one_iteration_at_a_time_follows_the_one_before(lab):
    machine = chain(
        M={"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": chain(I={"Type": "Pass"})}
    )
    started = [
        previous
        for event_type, previous in run(lab, machine, [1, 2, 3])
        if event_type == "MapIterationStarted"
    ]
    assert started == [3, 6, 10]


def test_a_map_over_nothing_exits_from_its_start(lab):
    machine = chain(M={"Type": "Map", "ItemProcessor": chain(I={"Type": "Pass"})})
    assert [previous for _, previous in run(lab, machine, [])] == [0, 0, 2, 3, 3, 5]


def test_a_distributed_map_exits_past_both_of_its_successes(lab):
    processor = {
        **chain(I={"Type": "Pass"}),
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    }
    machine = chain(M={"Type": "Map", "ItemProcessor": processor})
    assert run(lab, machine, [1, 2]) == [
        ("ExecutionStarted", 0),
        ("MapStateEntered", 0),
        ("MapStateStarted", 2),
        ("MapRunStarted", 3),
        ("MapRunSucceeded", 4),
        ("MapStateSucceeded", 5),
        ("MapStateExited", 4),
        ("ExecutionSucceeded", 7),
    ]


def test_a_catcher_that_cannot_be_evaluated_fails_the_state_again(lab):
    machine = {
        "QueryLanguage": "JSONata",
        "StartAt": "P",
        "States": {
            "P": {
                "Type": "Parallel",
                "Branches": [chain(Boom={"Type": "Fail", "Error": "MyError"})],
                "Catch": [
                    {
                        "ErrorEquals": ["States.ALL"],
                        "Output": {"v": "{% $states.input.missing %}"},
                        "Next": "Done",
                    }
                ],
                "End": True,
            },
            "Done": {"Type": "Pass", "End": True},
        },
    }
    arn = lab.start(machine, {"x": 1})
    described = lab.ended(arn)
    assert described["error"] == "States.QueryEvaluationError"
    assert "An error occurred while executing the state 'P'" in described["cause"]
    assert shape(lab, arn) == [
        ("ExecutionStarted", 0),
        ("ParallelStateEntered", 0),
        ("ParallelStateStarted", 2),
        ("FailStateEntered", 3),
        ("ParallelStateFailed", 4),
        ("EvaluationFailed", 4),
        ("ParallelStateFailed", 6),
        ("ExecutionFailed", 7),
    ]
