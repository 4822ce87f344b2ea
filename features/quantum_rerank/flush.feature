@local @kind
Feature: QuantumRerank's cache fills again after a flush
  The runbook has no limit for the time: a minute is chosen, for as long are answers kept, and 3 %, for a system that was
  started a moment ago has answered few queries twice.

  Background:
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive

  @promise.Q5
  Scenario: The hit rate returns
    When "redis" is flushed
    Then the hit rate of "rerank-api" over 10s, of "cache hits" and "cache misses", is back above 3% within 60s
    And no request fails

  Scenario: The hit rate of a cache that keeps nothing does not return
    Given "rerank-api" has the weakness "forgetful cache"
    When "redis" is flushed
    Then the hit rate of "rerank-api" over 10s, of "cache hits" and "cache misses", is back above 3% within 60s
