@compose
Feature: What proves nothing about the chest X-ray detector, each for its reason

  Scenario: The system is not steady
    Given "chest-xray" is in its steady state
    And "detector-api" has the weakness "errors"
    And 20 requests per second arrive
    When a pod of "detector-api" crashes
    Then "detector-api" heals by itself within 15s

  Scenario: Fewer are there than asked for
    Given "chest-xray" is in its steady state
    And 20 requests per second arrive
    When 2 pods of "detector-api" crash
    Then "detector-api" heals by itself within 15s

  Scenario: Nothing brings back what is removed
    Given "chest-xray" is in its steady state
    And 20 requests per second arrive
    When a pod of "detector-api" is deleted
    Then "detector-api" heals by itself within 15s
