@kind
Feature: QuantumRerank's secrets are rotated without downtime
  A new password is refused to whoever still has the old one. Connections that stand go on, and pods are replaced by turns.

  @promise.Q9 @severity:critical
  Scenario: The database password is rotated by a rolling restart, and no request fails
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive
    When the secret "database-password" of "rerank-api" is rotated
    Then no request fails
    And the 95th percentile of latency over 10s is back below 200ms within 60s
