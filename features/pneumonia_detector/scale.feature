@kind
Feature: The pneumonia detector grows and shrinks with what is asked of it

  Background:
    Given "pneumonia-detector" is in its steady state
    And 30 requests per second arrive

  # The runbook has bounds and no times. The autoscaler looks every 5 s at figures that are up to 15 s old, an instance starts
  # in 5 s and more, and half a minute passes before the autoscaler lets go: 50 s and 75 s are chosen. Two instances
  # have 30 requests a second at half of what they may use, so 70 of them need more. Seen on kind: HELD, a third after 26 s.
  @promise.P5 @severity:normal
  Scenario: More than twice as many users come, and the gateway grows with them and shrinks after them
    When the load rises to 70 requests per second for 50s
    Then "gateway" has 3 ready instances within 50s
    And "gateway" keeps between 2 and 10 ready instances
    And "gateway" is back at 2 ready instances within 75s of its end
    And at least 99% of requests succeed in the 50s after

  # The runbook does not say of what. The gateway's count is its autoscaler's, which takes back at once what a person sets:
  # so it is the optimizer, which every reading passes. Seen on kind: ten were ready after 11 s and no request failed, but the
  # steady state did not stand again for 8 s after eight of them were told to go: that run was BROKEN, and is not explained yet.
  @promise.P6 @severity:normal
  Scenario: The optimizer is scaled to ten by hand while users are there, and no request fails
    When "optimizer" is scaled to 10 for 40s
    Then "optimizer" has 10 ready instances within 35s
    And no request fails
