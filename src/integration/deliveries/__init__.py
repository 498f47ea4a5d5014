"""Deliveries: manifests, reading payloads, receiving exactly once, quarantine."""
