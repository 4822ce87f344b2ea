@kind
Feature: Twins of QuantumRerank that break what the healthy one holds
  Each differs from it in one value.

  Scenario: One pod crashes and it is the only one
    Given "quantum-rerank" is in its steady state
    And "rerank-api" has the weakness "one replica"
    And 50 requests per second arrive
    When a pod of "rerank-api" crashes
    Then "rerank-api" heals by itself within 30s
    And at least 99% of requests succeed in the 60s after
    And requests fail for no longer than 5s
    And the 95th percentile of latency over 5s is back below 200ms within 30s
    And the failure is noticed by readiness within 5s

  Scenario: One pod crashes and gets requests before it is warm
    Given "quantum-rerank" is in its steady state
    And "rerank-api" has the weakness "no readiness probe"
    And 50 requests per second arrive
    When a pod of "rerank-api" crashes
    Then "rerank-api" heals by itself within 30s
    And at least 99% of requests succeed in the 60s after
    And requests fail for no longer than 5s
    And the 95th percentile of latency over 5s is back below 200ms within 30s
    And the failure is noticed by readiness within 5s

  Scenario: The only pod is deleted
    Given "quantum-rerank" is in its steady state
    And "rerank-api" has the weakness "one replica"
    And 50 requests per second arrive
    When a pod of "rerank-api" is deleted
    Then no request fails

  Scenario: A release that fails its health check is brought out without waiting for health
    Given "quantum-rerank" is in its steady state
    And "rerank-api" has the weakness "releases without waiting"
    And 50 requests per second arrive
    When a release of "rerank-api" that fails its health check is deployed
    Then "rerank-api" is rolled back within 60s
    And at least 99% of requests succeed in the 60s after

  Scenario: The cache is unreachable and each request waits for it
    Given "quantum-rerank" is in its steady state
    And "rerank-api" has the weakness "waits for its cache"
    And 50 requests per second arrive
    When "redis" is unreachable for 20s
    Then no request fails
    And the 95th percentile of latency over 20s stays below 200ms
    And "rerank-api" recovers within 10s of its end

  Scenario: Name resolution fails and no connection lives long
    Given "quantum-rerank" is in its steady state
    And "rerank-api" has the weakness "short-lived connections"
    And 50 requests per second arrive
    When name resolution fails for "rerank-api" for 20s
    Then at least 99% of requests succeed in the 20s after
    And requests fail for no longer than 2s
    And "rerank-api" recovers within 10s of its end

  Scenario: A configuration that names no database comes to pods that nobody asks whether they are ready
    Given "quantum-rerank" is in its steady state
    And "rerank-api" has the weakness "no readiness probe"
    And 50 requests per second arrive
    When a configuration of "rerank-api" that names no database is put in place for 30s
    Then no request fails

  Scenario: The database password is rotated and no connection lives long
    Given "quantum-rerank" is in its steady state
    And "rerank-api" has the weakness "short-lived connections"
    And 50 requests per second arrive
    When the secret "database-password" of "rerank-api" is rotated
    Then no request fails
