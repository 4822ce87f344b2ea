@kind
Feature: The pneumonia detector is released in blue and green

  Background:
    Given "pneumonia-detector" is in its steady state
    And 30 requests per second arrive

  # The runbook's own limit is the Deployment's progress deadline, half a minute; as much again is for the way back.
  @promise.P3 @severity:critical
  Scenario: A release that fails its health check is rolled back, and users never meet it
    When a release of "green" that fails its health check is deployed
    Then "green" is rolled back within 60s
    And no answer of "gateway" is of a new version
    And no request fails

  # Not run yet.
  @promise.P4 @severity:critical
  Scenario: Users are switched from blue to green, and none of them notices
    When "gateway" is switched to "green" for 20s
    Then no request fails
    And after 3s every answer of "gateway" is of one version
