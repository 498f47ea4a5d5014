"""Doubtful pairs, judged by people: what is asked of whom, what they answer, what follows and what it measures.

``worklist`` says which pairs are asked and draws the sample behind the estimates; ``asked`` keeps which places a pair's
reference stands for, in the linking zone; ``answers`` keeps answers under that reference only, in the stewards' store;
``settling`` turns agreement into linkage decisions; ``agreement`` and ``estimates`` measure. (docs/adr/0026)
"""
