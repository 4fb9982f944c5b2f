"""``lianjing dashboards``: build, check and publish the Grafana boards."""
