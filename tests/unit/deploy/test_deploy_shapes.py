from typing import Any

import botocore.session
import pytest

from localcloud.deploy.errors import DeployError
from localcloud.deploy.shapes import fit

LAMBDA: Any = botocore.session.get_session().get_service_model("lambda")
CREATE_FUNCTION = LAMBDA.operation_model("CreateFunction").input_shape


@pytest.mark.parametrize(
    ("properties", "fitted"),
    [
        pytest.param({"MemorySize": "256"}, {"MemorySize": 256}, id="number from text"),
        pytest.param({"memorysize": 256}, {"MemorySize": 256}, id="letter case"),
        pytest.param({"Publish": "true"}, {"Publish": True}, id="boolean from text"),
        pytest.param(
            {"Tags": [{"Key": "a", "Value": "b"}]}, {"Tags": {"a": "b"}}, id="pairs to a map"
        ),
        pytest.param(
            {"Environment": {"Variables": {"N": 5, "B": True}}},
            {"Environment": {"Variables": {"N": "5", "B": "true"}}},
            id="variables are texts",
        ),
    ],
)
def test_values_take_the_form_of_the_api(properties: Any, fitted: Any) -> None:
    assert fit(properties, CREATE_FUNCTION, path="F") == fitted


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        pytest.param({"MemroySize": 256}, "^F has no property MemroySize", id="unknown"),
        pytest.param(
            {"LoggingConfig": {"Format": "JSON"}},
            r"^F\.LoggingConfig has no property Format",
            id="unknown within",
        ),
        pytest.param({"MemorySize": "big"}, r"^F\.MemorySize: 'big' is no integer", id="kind"),
        pytest.param({"Publish": "maybe"}, r"^F\.Publish", id="no boolean"),
        pytest.param({"Code": "zip"}, r"^F\.Code: 'zip' is no structure", id="no structure"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path(properties: Any, message: str) -> None:
    with pytest.raises(DeployError, match=message):
        fit(properties, CREATE_FUNCTION, path="F")
