"""Heat value, ash and sulphur of what a node sends or gets, from the qualities of the chain."""

from schemas.chain import Chain, CoalQuality
from schemas.supplier_offer import SupplierOffer
from services.risk.remedy.question import Place
from services.runtime.chain.origins import Origins
from services.runtime.chain.vocabulary import FUELS, KINDS, Behaviour

Grade = tuple[float, float, float]
"""Heat value in kcal/kg NAR, ash and sulphur in per cent."""


class Grades:
    """Grades by the normal blend; None where a source does not say its grade."""

    def __init__(self, chain: Chain) -> None:
        behaviour = {node.id: KINDS[node.kind][0] for node in chain.nodes}
        self._origins = Origins(chain.links, lambda node: behaviour[node] is Behaviour.TRANSIT)
        self._of_source = {(q.node, q.product): _middle(q) for q in chain.qualities if q.role == "source"}
        self.accepted = {(q.node, q.product): q for q in chain.qualities if q.role == "consumer"}

    def sent(self, node: str, product: str) -> Grade | None:
        """Of what a node sends."""
        return self._mean(self._origins.leaving(node, product), product)

    def received(self, place: Place) -> Grade | None:
        """Of what a place gets in normal times."""
        return self._mean(self._origins.arriving(*place), place[1])

    @staticmethod
    def of_offer(offer: SupplierOffer) -> Grade | None:
        """As the enterprise states it."""
        if offer.heat_kcal_per_kg is None or offer.ash_percent is None or offer.sulphur_percent is None:
            return None
        return offer.heat_kcal_per_kg, offer.ash_percent, offer.sulphur_percent

    def worth(self, grade: Grade | None, place: Place) -> float:
        """Units of the place's usual blend that one unit of the grade replaces: the ratio of heat values, 1 where heat means nothing."""
        usual = self.received(place) if place[1] in FUELS else None
        return 1.0 if grade is None or usual is None else grade[0] / usual[0]

    def _mean(self, weights: dict[str, float], product: str) -> Grade | None:
        known = [
            (weight, self._of_source[node, product])
            for node, weight in weights.items()
            if (node, product) in self._of_source
        ]
        total = sum(weight for weight, _ in known)
        if total <= 0:
            return None
        heat, ash, sulphur = (sum(weight * grade[side] for weight, grade in known) / total for side in range(3))
        return heat, ash, sulphur


def _middle(quality: CoalQuality) -> Grade:
    return (
        (quality.heat_low + quality.heat_high) / 2,
        (quality.ash_low + quality.ash_high) / 2,
        (quality.sulphur_low + quality.sulphur_high) / 2,
    )
