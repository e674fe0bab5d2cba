"""What one outgoing request costs: our egress engine beside httpx, against a sink in a process of its own on the loopback."""
