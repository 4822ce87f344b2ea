@kind
Feature: The pneumonia detector's monitoring shows what users get
  Monitoring sums up what all gateways count. The runbook says that critical events raise an alert and not which, nor when:
  errors above 10 % for a minute are chosen, and a minute more for whoever is called. The alert table is shortened by ten.

  @promise.P10 @severity:critical
  Scenario: Readings fail, the dashboard shows it, and the alert fires
    Given "pneumonia-detector" is in its steady state
    And 30 requests per second arrive
    When "optimizer" answers errors for 25s
    Then the alert "errors above 10% on the dashboard" fires within 3m
    And the alert "errors above 10%" fires within 3m
    And the alert "errors above 10% on the dashboard" is resolved within 3m of its end
    And every request is answered within 2s
