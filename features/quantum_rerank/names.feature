@kind
Feature: QuantumRerank outlives name resolution
  Names are looked up when connections are made. Those that stand go on; what is asked anew fails until names are
  resolved again.

  Background:
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive

  @promise.Q15 @severity:normal
  Scenario: Name resolution fails and the service goes on with the connections that it has
    When name resolution fails for "rerank-api" for 20s
    Then at least 99% of requests succeed in the 20s after
    And requests fail for no longer than 2s
    And "rerank-api" recovers within 10s of its end
