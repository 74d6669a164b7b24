"""The participants' client of the coordinator; it believes nothing that it can derive by itself."""

from client.coordinator import Coordinator
from client.signing import Signer
from client.views import AuthorizationRequest, Page, Preflight, Problem, TaskStatus

__all__ = ["AuthorizationRequest", "Coordinator", "Page", "Preflight", "Problem", "Signer", "TaskStatus"]
