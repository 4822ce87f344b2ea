@kind
Feature: The pneumonia detector's cache is filled before anybody asks
  There are a thousand images. Filled by who asks, the cache would need a minute at 30 requests a second until it has four
  answers of five; the runbook says "prefetch" and no time: 80 % within 20 s is chosen.

  @promise.P7 @severity:normal
  Scenario: The cache is flushed, and the optimizer prefetches what was in it
    Given "pneumonia-detector" is in its steady state
    And 30 requests per second arrive
    When "valkey" is flushed
    Then the hit rate of "optimizer" over 5s, of "cache hits" and "cache misses", is back above 80% within 20s
    And no request fails
