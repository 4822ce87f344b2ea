# What is promised of "example" when one of its pods crashes. squall list sentences shows what else can be said.
Feature: example survives the crash of a pod

  Background:
    Given "example" is in its steady state
    And users come as on a quiet day

  @promise.E1
  Scenario: One of three crashes and users hardly notice
    When a pod of "api" crashes
    Then "api" heals by itself within 30s
    And at least 95% of requests succeed in the 30s after
    And requests fail for no longer than 5s

  # A twin with a known weakness: this scenario is there to be BROKEN, and shows that the promise above can break.
  @twin
  Scenario: The only instance crashes
    Given "api" has the weakness "one instance"
    When a pod of "api" crashes
    Then at least 95% of requests succeed in the 30s after
