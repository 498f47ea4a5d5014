"""The person model: which records are one person, by likeness of encoded columns (Fellegi and Sunter)."""

from integration.linkage.model.blocking import Blocked, block
from integration.linkage.model.drift import Drift, compare_models, same_encoding
from integration.linkage.model.parameters import Model, load_model, new_model, save_model
from integration.linkage.model.pruning import prune
from integration.linkage.model.rarity import mark_rare
from integration.linkage.model.scoring import score
from integration.linkage.model.training import train

__all__ = [
    "Blocked",
    "Drift",
    "Model",
    "block",
    "compare_models",
    "load_model",
    "mark_rare",
    "new_model",
    "prune",
    "same_encoding",
    "save_model",
    "score",
    "train",
]
