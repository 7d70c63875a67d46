"""How often discovery is right, on the traffic of senders drawn at random: python -m benchmarks.discovery.

`structs` draws home-made headers, `senders` what is sent with them, `quiet` traffic that holds no counter, `judge` says
whether what was found is right. Nothing here knows how discovery works.
"""
