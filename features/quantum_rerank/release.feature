@kind
Feature: QuantumRerank survives a bad release

  Background:
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive

  @promise.Q4 @severity:critical
  Scenario: A release that fails its health check is rolled back and users hardly notice
    When a release of "rerank-api" that fails its health check is deployed
    Then "rerank-api" is rolled back within 60s
    And at least 99% of requests succeed in the 60s after
    And the 95th percentile of latency over 5s is back below 200ms within 30s

  @promise.Q11 @severity:normal
  Scenario: A release whose pods find no node is rolled back, and the load is served meanwhile
    When a release of "rerank-api" that asks for more than any node has is deployed
    Then "rerank-api" is rolled back within 90s
    And no request fails

  Scenario: A release whose image cannot be pulled is rolled back and users do not notice
    When a release of "rerank-api" that has an image that cannot be pulled is deployed
    Then "rerank-api" is rolled back within 90s
    And no request fails
