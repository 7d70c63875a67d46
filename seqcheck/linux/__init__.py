"""What Linux offers to those who capture and send: packet sockets and their rings, filters, interfaces, privileges.

System calls and nothing else: no frame is parsed here and NumPy is not needed, so that all of it can be done, and every
privilege given up, before the first byte of traffic is looked at. Constants are those of linux/if_packet.h and friends,
where Python has no name for them. Other systems capture by `interfaces/sniffer.py`.
"""
