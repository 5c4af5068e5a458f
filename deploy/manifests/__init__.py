"""What deploys the platform, generated: Kubernetes manifests, compose file, scrape configuration, dashboard, tables."""
