"""A joint model from two organisations' CSV files: both agree in their own names, and neither gives its rows away.

Beside each file lie its declared schema and its owner's settings (who it is, where its wallet, node and coordinator are).
"""

from tallystick import Client

with Client.open("hospital.settings") as hospital, Client.open("laboratory.settings") as laboratory:
    own = hospital.add("diagnoses.csv", "diagnoses.json", name="diagnoses", legal_basis="Consent")
    other = laboratory.add("assays.csv", "assays.json", name="assays", legal_basis="Consent")
    draft = hospital.task("Diagnosis", "Consent", ["exchange", "hospital", "laboratory"], impact_assessment="dpia.md")
    rows = draft.step("align", "psi.align", tables=[own, other])["aligned"]
    scale = draft.step("scale", "feature.standardize", tables=rows, label=rows["hospital.malignant"], limit=24)
    fit = draft.step("fit", "glm.logistic", features=scale["features"], label=rows["hospital.malignant"], c=0.1)
    judge = draft.step("judge", "eval.binary", scores=fit["scores"], labels=fit["labels"])
    draft.give(fit["coefficients"], judge["auc"], to="hospital")
    task = hospital.submit(draft)
    for owner in (hospital, laboratory):
        owner.sign(owner.consent(task))  # print the consent first: it says all that the wallet signs
    hospital.watch(task)
    print(hospital.result(task)["fit.coefficients"])
