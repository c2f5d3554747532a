"""SNS topics and SQS queues."""

from __future__ import annotations

import json

from localcloud.deploy.resource import Made, Resource


def topic(resource: Resource) -> Made:
    """`AWS::SNS::Topic`; creating it again is harmless."""
    chosen, attributes = resource.split("TopicName", "Tags", "Subscription")
    name = chosen.get("TopicName", resource.default_name)
    request = {"Name": name, "Tags": chosen.get("Tags", []), "Attributes": attributes}
    arn = resource.call("sns", "create_topic", request)["TopicArn"]
    for subscribed in chosen.get("Subscription", []):
        _subscribe(resource, {"TopicArn": arn, **subscribed})
    return Made(ref=arn, attributes={"TopicArn": arn, "TopicName": name})


def topic_policy(resource: Resource) -> Made:
    """`AWS::SNS::TopicPolicy`."""
    chosen, rest = resource.split("Topics", "PolicyDocument")
    resource.refuse(rest)
    for arn in chosen["Topics"]:
        resource.call(
            "sns",
            "set_topic_attributes",
            {
                "TopicArn": arn,
                "AttributeName": "Policy",
                "AttributeValue": json.dumps(chosen["PolicyDocument"]),
            },
        )
    return Made(ref=resource.default_name)


def subscription(resource: Resource) -> Made:
    """`AWS::SNS::Subscription`; the same endpoint is subscribed once."""
    arn = _subscribe(resource, dict(resource.properties))
    return Made(ref=arn, attributes={"Arn": arn})


def _subscribe(resource: Resource, properties: dict[str, object]) -> str:
    core = {key: properties.pop(key) for key in ("TopicArn", "Protocol", "Endpoint")}
    present = resource.call("sns", "list_subscriptions_by_topic", {"TopicArn": core["TopicArn"]})[
        "Subscriptions"
    ]
    for known in present:
        if (known["Protocol"], known["Endpoint"]) == (core["Protocol"], core["Endpoint"]):
            return str(known["SubscriptionArn"])
    request = core | {"Attributes": properties, "ReturnSubscriptionArn": True}
    return str(resource.call("sns", "subscribe", request)["SubscriptionArn"])


def queue(resource: Resource) -> Made:
    """`AWS::SQS::Queue`."""
    chosen, attributes = resource.split("QueueName", "Tags")
    name = chosen.get("QueueName", resource.default_name)
    request = {"QueueName": name, "tags": chosen.get("Tags", []), "Attributes": attributes}
    url = resource.create_or_update(
        lambda: resource.call("sqs", "create_queue", request)["QueueUrl"],
        lambda: _update_queue(resource, name, attributes),
        exists=("QueueAlreadyExists", "QueueNameExists"),
    )
    place = resource.place
    return Made(
        ref=url,
        attributes={
            "Arn": f"arn:aws:sqs:{place.region}:{place.account}:{name}",
            "QueueName": name,
            "QueueUrl": url,
        },
    )


def _update_queue(resource: Resource, name: str, attributes: dict[str, object]) -> str:
    url = str(resource.call("sqs", "get_queue_url", {"QueueName": name})["QueueUrl"])
    if attributes:
        request = {"QueueUrl": url, "Attributes": attributes}
        resource.call("sqs", "set_queue_attributes", request)
    return url


def queue_policy(resource: Resource) -> Made:
    """`AWS::SQS::QueuePolicy`."""
    chosen, rest = resource.split("Queues", "PolicyDocument")
    resource.refuse(rest)
    for url in chosen["Queues"]:
        policy = {"Policy": json.dumps(chosen["PolicyDocument"])}
        resource.call("sqs", "set_queue_attributes", {"QueueUrl": url, "Attributes": policy})
    return Made(ref=resource.default_name)
