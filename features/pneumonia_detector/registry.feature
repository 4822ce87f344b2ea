@kind
Feature: The pneumonia detector's edge devices have the registry's model
  The registry brings out a model every five seconds here, and edge pods ask for it every second. The runbook has no time: ten
  seconds after the outage is chosen, and three for a model on its way. Seen on kind: the edge pods had it after 4.4 s; what
  users got was not judged, for others took the machine.

  @promise.P12 @severity:normal
  Scenario: The registry is out of reach for a while, and every edge pod ends on its model
    Given "pneumonia-detector" is in its steady state
    And 30 requests per second arrive
    When "registry" is unreachable for 20s
    Then the gauge "model version" of "edge" follows that of "registry" by at most 3s within 10s of its end
    And no request fails
    And "registry" recovers within 20s of its end
