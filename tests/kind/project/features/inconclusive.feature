@kind
Feature: Runs that prove nothing, each for its own cause

  Scenario: Nobody is there to be harmed
    Given "rerank-zero" is in its steady state
    And "redis" has the weakness "scaled to zero"
    When a pod of "redis" crashes
    Then at least 99% of requests succeed in the 10s after

  Scenario: Fewer are there than asked for
    Given "quantum-rerank" is in its steady state
    When 5 pods of "rerank-api" crash
    Then at least 99% of requests succeed in the 10s after

  Scenario: The load cannot keep its schedule
    Given "rerank-narrow" is in its steady state
    When a pod of "rerank-api" crashes
    Then at least 99% of requests succeed in the 10s after

  Scenario: The system is not steady
    Given "quantum-rerank" is in its steady state
    And "rerank-api" has the weakness "errors"
    When a pod of "rerank-api" crashes
    Then at least 99% of requests succeed in the 10s after

  Scenario: The fault does not bite
    Given "quantum-rerank" is in its steady state
    And "rerank-api" has the weakness "slow stop"
    When a pod of "rerank-api" is deleted
    Then at least 99% of requests succeed in the 10s after

  Scenario: The limit lies inside the error
    Given "rerank-sparse" is in its steady state
    And "rerank-api" has the weakness "no readiness probe"
    When a pod of "rerank-api" crashes
    Then requests fail for no longer than 7s
