@kind
Feature: QuantumRerank whose Service matches no pod

  @promise.Q14
  Scenario: The selector is wrong, it shows within seconds, and setting it right heals
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive
    When the selector of "rerank-api" matches nobody for 15s
    Then the failure is noticed by readiness within 5s
    And "rerank-api" recovers within 10s of its end
