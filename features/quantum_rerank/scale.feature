@kind
Feature: QuantumRerank is scaled by hand while users are there

  @promise.Q7 @severity:normal
  Scenario: From three pods to eight and back to three, and no request fails
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive
    When "rerank-api" is scaled to 8 for 40s
    Then no request fails
    And the 95th percentile of latency over 30s is back below 200ms within 40s
