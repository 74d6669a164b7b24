/** Generated from `docs/examples/` by `python -m tools.web_templates`: do not edit. */

/** Whole contracts as JSON, to be read by the record's own rules. */
export const TEMPLATES = {
  "scorecard": {
    "format": "tallystick/task-contract/v3",
    "nonce": "8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c",
    "proposer": "bank",
    "scheduler": "platform",
    "committee": [
      "bank",
      "exchange",
      "shop"
    ],
    "inputs": [
      {
        "data_set": "applicants-a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7",
        "version": 1,
        "owner": "bank",
        "columns": [
          "age",
          "bad",
          "debt",
          "housing"
        ],
        "filters": []
      },
      {
        "data_set": "orders-b8b8b8b8b8b8b8b8b8b8b8b8b8b8b8b8",
        "version": 1,
        "owner": "shop",
        "columns": [
          "orders",
          "spent"
        ],
        "filters": []
      }
    ],
    "engine": "tallystick.engine@1.0.0",
    "steps": [
      {
        "id": "at_bank",
        "program": "prepare.table@1.0.0",
        "parameters": {
          "recipe": "age: fill 40, bins 25 35 50; debt: empty -1, fill 0, bins 1 500 2000; housing: ordinal own | rent | free, other level; bad: ordinal no | yes"
        },
        "inputs": {
          "table": [
            "applicants-a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7"
          ]
        }
      },
      {
        "id": "at_shop",
        "program": "prepare.table@1.0.0",
        "parameters": {
          "recipe": "orders: fill 0, bins 1 5 20; spent: bins 100 1000 5000"
        },
        "inputs": {
          "table": [
            "orders-b8b8b8b8b8b8b8b8b8b8b8b8b8b8b8b8"
          ]
        }
      },
      {
        "id": "align",
        "program": "psi.align@1.0.0",
        "parameters": {},
        "inputs": {
          "tables": [
            "at_bank.table",
            "at_shop.table"
          ]
        }
      },
      {
        "id": "woe",
        "program": "feature.woe_iv@1.0.0",
        "parameters": {
          "bins": 4,
          "monotone": "yes"
        },
        "inputs": {
          "label": [
            "align.aligned.bank.bad"
          ],
          "tables": [
            "align.aligned"
          ]
        }
      },
      {
        "id": "fit",
        "program": "glm.logistic@1.0.0",
        "parameters": {},
        "inputs": {
          "features": [
            "woe.transformed"
          ],
          "label": [
            "woe.labels"
          ]
        }
      },
      {
        "id": "card",
        "program": "score.card@1.0.0",
        "parameters": {
          "base_odds": "30",
          "base_score": "600",
          "points_to_double": "20"
        },
        "inputs": {
          "model": [
            "fit.model"
          ],
          "woe": [
            "woe.woe"
          ]
        }
      },
      {
        "id": "score",
        "program": "score.points@1.0.0",
        "parameters": {
          "bins": 4,
          "reasons": 2
        },
        "inputs": {
          "card": [
            "card.scorecard"
          ],
          "tables": [
            "align.aligned"
          ]
        }
      }
    ],
    "outputs": [
      {
        "from": "at_bank.counts",
        "to": [
          "bank"
        ]
      },
      {
        "from": "card.card",
        "to": [
          "bank"
        ]
      },
      {
        "from": "card.base",
        "to": [
          "bank"
        ]
      },
      {
        "from": "score.points",
        "to": [
          "bank"
        ]
      },
      {
        "from": "score.reasons",
        "to": [
          "bank"
        ]
      }
    ],
    "keeps": [
      {
        "from": "card.scorecard",
        "for": [
          "bank"
        ],
        "until": "1900000000"
      }
    ],
    "models": [],
    "auditors": [
      "regulator"
    ],
    "reviewer": "",
    "review_within": 0,
    "purpose": "Which applicants pay back",
    "legal_basis": "Applicants' written consent",
    "impact_assessment": "0x0000000000000000000000000000000000000000000000000000000000000000",
    "protection_level": 3,
    "minimum_group": 10,
    "automated_decision": false,
    "deadline": "1800000000"
  },
  "joint": {
    "format": "tallystick/task-contract/v3",
    "nonce": "7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b",
    "proposer": "hospital",
    "scheduler": "platform",
    "committee": [
      "clinic",
      "exchange",
      "hospital"
    ],
    "inputs": [
      {
        "data_set": "claims-c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1",
        "version": 1,
        "owner": "clinic",
        "columns": [
          "claims",
          "paid"
        ],
        "filters": []
      },
      {
        "data_set": "relapses-e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3",
        "version": 1,
        "owner": "hospital",
        "columns": [
          "relapse"
        ],
        "filters": []
      },
      {
        "data_set": "visits-d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2",
        "version": 1,
        "owner": "hospital",
        "columns": [
          "age",
          "cost"
        ],
        "filters": []
      }
    ],
    "engine": "tallystick.engine@1.0.0",
    "steps": [
      {
        "id": "join",
        "program": "psi.join@1.0.0",
        "parameters": {
          "kind": "inner",
          "label_values": "bits",
          "limit": "1000"
        },
        "inputs": {
          "label": [
            "relapses-e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3"
          ],
          "tables": [
            "claims-c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1",
            "visits-d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2"
          ]
        }
      },
      {
        "id": "scale",
        "program": "feature.standardize_pooled@1.0.0",
        "parameters": {
          "limit": "1000"
        },
        "inputs": {
          "tables": [
            "join.joined"
          ]
        }
      },
      {
        "id": "fit",
        "program": "glm.logistic@1.0.0",
        "parameters": {},
        "inputs": {
          "features": [
            "scale.features"
          ],
          "label": [
            "join.labels"
          ]
        }
      }
    ],
    "outputs": [
      {
        "from": "fit.coefficients",
        "to": [
          "clinic",
          "hospital"
        ]
      },
      {
        "from": "fit.intercept",
        "to": [
          "clinic",
          "hospital"
        ]
      }
    ],
    "keeps": [],
    "models": [],
    "auditors": [
      "regulator"
    ],
    "reviewer": "",
    "review_within": 0,
    "purpose": "Which insured patients relapse",
    "legal_basis": "Patients' written consent",
    "impact_assessment": "0x0000000000000000000000000000000000000000000000000000000000000000",
    "protection_level": 4,
    "minimum_group": 10,
    "automated_decision": false,
    "deadline": "1800000000"
  },
  "horizontal": {
    "format": "tallystick/task-contract/v3",
    "nonce": "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f",
    "proposer": "bank-north",
    "scheduler": "platform",
    "committee": [
      "bank-north",
      "exchange",
      "ministry"
    ],
    "inputs": [
      {
        "data_set": "loans-00000000000000000000000000000000",
        "version": 1,
        "owner": "bank-east",
        "columns": [
          "age",
          "default",
          "income"
        ],
        "filters": []
      },
      {
        "data_set": "loans-11111111111111111111111111111111",
        "version": 1,
        "owner": "bank-north",
        "columns": [
          "age",
          "default",
          "income"
        ],
        "filters": []
      },
      {
        "data_set": "loans-22222222222222222222222222222222",
        "version": 1,
        "owner": "bank-west",
        "columns": [
          "age",
          "default",
          "income"
        ],
        "filters": []
      }
    ],
    "engine": "tallystick.engine@1.0.0",
    "steps": [
      {
        "id": "stack",
        "program": "table.stack@1.0.0",
        "parameters": {},
        "inputs": {
          "tables": [
            "loans-00000000000000000000000000000000",
            "loans-11111111111111111111111111111111",
            "loans-22222222222222222222222222222222"
          ]
        }
      },
      {
        "id": "fit",
        "program": "glm.logistic@1.0.0",
        "parameters": {
          "c": "0.5",
          "train_fraction": "0.7"
        },
        "inputs": {
          "features": [
            "stack.stacked"
          ],
          "label": [
            "stack.stacked.default"
          ]
        }
      },
      {
        "id": "judge",
        "program": "eval.binary@1.0.0",
        "parameters": {},
        "inputs": {
          "labels": [
            "fit.labels"
          ],
          "scores": [
            "fit.scores"
          ]
        }
      }
    ],
    "outputs": [
      {
        "from": "fit.coefficients",
        "to": [
          "bank-east",
          "bank-north",
          "bank-west"
        ]
      },
      {
        "from": "fit.intercept",
        "to": [
          "bank-east",
          "bank-north",
          "bank-west"
        ]
      },
      {
        "from": "fit.means",
        "to": [
          "bank-east",
          "bank-north",
          "bank-west"
        ]
      },
      {
        "from": "fit.deviations",
        "to": [
          "bank-east",
          "bank-north",
          "bank-west"
        ]
      },
      {
        "from": "judge.auc",
        "to": [
          "bank-east",
          "bank-north",
          "bank-west"
        ]
      }
    ],
    "keeps": [],
    "models": [],
    "auditors": [
      "regulator"
    ],
    "reviewer": "",
    "review_within": 0,
    "purpose": "Joint default model of three banks [ref 5c2d8e01f4a97b36c0d1e2f3a4b5c6d7]",
    "legal_basis": "Credit contracts [ref 1f0e2d3c4b5a69788796a5b4c3d2e1f0]",
    "impact_assessment": "0x0000000000000000000000000000000000000000000000000000000000000000",
    "protection_level": 4,
    "minimum_group": 10,
    "automated_decision": false,
    "deadline": "1800000000"
  },
  "statistics": {
    "format": "tallystick/task-contract/v3",
    "nonce": "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f",
    "proposer": "insurer",
    "scheduler": "platform",
    "committee": [
      "clinic",
      "exchange",
      "ministry"
    ],
    "inputs": [
      {
        "data_set": "visits-33333333333333333333333333333333",
        "version": 1,
        "owner": "clinic",
        "columns": [
          "cost",
          "days",
          "ward"
        ],
        "filters": []
      },
      {
        "data_set": "visits-44444444444444444444444444444444",
        "version": 1,
        "owner": "hospital",
        "columns": [
          "cost",
          "days",
          "ward"
        ],
        "filters": []
      }
    ],
    "engine": "tallystick.engine@1.0.0",
    "steps": [
      {
        "id": "stack",
        "program": "table.stack@1.0.0",
        "parameters": {},
        "inputs": {
          "tables": [
            "visits-33333333333333333333333333333333",
            "visits-44444444444444444444444444444444"
          ]
        }
      },
      {
        "id": "wards",
        "program": "stats.groupby@1.0.0",
        "parameters": {
          "groups": 4,
          "limit": "20000"
        },
        "inputs": {
          "by": [
            "stack.stacked.ward"
          ],
          "tables": [
            "stack.stacked"
          ]
        }
      }
    ],
    "outputs": [
      {
        "from": "wards.count",
        "to": [
          "insurer"
        ]
      },
      {
        "from": "wards.shown",
        "to": [
          "insurer"
        ]
      },
      {
        "from": "wards.mean",
        "to": [
          "insurer"
        ]
      }
    ],
    "keeps": [],
    "models": [],
    "auditors": [
      "regulator"
    ],
    "reviewer": "",
    "review_within": 0,
    "purpose": "Cost of stays by ward [ref 77c0d9e8f1a2b3c4d5e6f708192a3b4c]",
    "legal_basis": "Statute on hospital statistics [ref 0a1b2c3d4e5f60718293a4b5c6d7e8f9]",
    "impact_assessment": "0x0000000000000000000000000000000000000000000000000000000000000000",
    "protection_level": 4,
    "minimum_group": 10,
    "automated_decision": false,
    "deadline": "1800000000"
  }
} as const;
