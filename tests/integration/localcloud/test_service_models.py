"""What botocore knows of a service is parsed once, whoever asks."""

import boto3
from botocore.loaders import Loader
from moto.core.loaders import create_loader

from tests.integration.localcloud.world import World


def test_sessions_share_what_is_parsed(world: World) -> None:
    assert world
    first, second = (Loader().load_service_model("glue", "service-2") for _ in range(2))
    assert first["operations"]["GetJob"] is second["operations"]["GetJob"]
    assert first["operations"]["GetJob"]["documentation"] == ""


def test_what_moto_adds_to_a_model_is_not_seen_by_clients(world: World) -> None:
    assert world
    added = create_loader().load_service_model("s3", "service-2")
    assert added["operations"]["CopyObject"]["output"]["resultWrapper"] == "CopyObjectResult"
    plain = Loader().load_service_model("s3", "service-2")
    assert "resultWrapper" not in plain["operations"]["CopyObject"]["output"]


def test_a_member_that_is_called_documentation_stays(world: World) -> None:
    assert world
    client = boto3.client("apigateway", region_name="eu-central-1")
    shapes = client.meta.service_model.operation_model("GetDocumentationPart").output_shape
    assert "properties" in shapes.members
