@kind
Feature: QuantumRerank survives a slip of the hand in its configuration
  Pods read it when they start. One that cannot serve with it never gets ready, and its predecessor goes on.

  @promise.Q8 @severity:critical
  Scenario: A configuration that names no database is put in place, and users do not notice
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive
    When a configuration of "rerank-api" that names no database is put in place for 20s
    Then no request fails
    And "rerank-api" recovers within 60s of its end
