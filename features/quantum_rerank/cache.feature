@kind
Feature: QuantumRerank goes on without its cache
  Results are cached to save time. While the cache is away they are computed, which users may notice only by a clock.

  Background:
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive

  @promise.Q6 @severity:normal
  Scenario: The cache is unreachable and users are served without it
    When "redis" is unreachable for 20s
    Then no request fails
    And the 95th percentile of latency over 20s stays below 200ms
    And "rerank-api" recovers within 10s of its end

  @promise.Q5 @severity:critical
  Scenario: The cache is flushed, and users notice it by a clock at most
    When "redis" is flushed
    Then at least 99% of requests succeed in the 30s after
    And the 95th percentile of latency over 5s is back below 200ms within 10s

  Scenario: A slow cache is not stormed by those who wait for it
    Given calls to "redis" are counted
    When "redis" answers 300ms slower for 15s
    Then at most 2 calls reach "redis" for each request
    And "rerank-api" recovers within 10s of its end
