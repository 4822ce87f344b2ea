@local @kind
Feature: What squall is for, in one minute
  make demo runs these three on real processes of this machine.

  Scenario: A crash that the system survives
    Given "quantum-rerank" is in its steady state over 4s
    When a pod of "rerank-api" crashes
    Then "rerank-api" heals by itself within 10s
    And at least 99% of requests succeed in the 6s after

  Scenario: The same crash, where there is only one instance
    Given "quantum-rerank" is in its steady state over 4s
    And "rerank-api" has the weakness "one replica"
    When a pod of "rerank-api" crashes
    Then "rerank-api" heals by itself within 10s
    And at least 99% of requests succeed in the 6s after

  Scenario: A harm that does not reach its target
    Given "quantum-rerank" is in its steady state over 4s
    And "rerank-api" has the weakness "slow stop"
    When a pod of "rerank-api" is deleted, to be gone within 3s
    Then at least 99% of requests succeed in the 6s after
