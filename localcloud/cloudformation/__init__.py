"""CloudFormation's API over the deployer: stacks, change sets, events.

Moto's CloudFormation is not used, because it cannot create what matters here and its import
takes as long as that of all other services together.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/Welcome.html
"""
