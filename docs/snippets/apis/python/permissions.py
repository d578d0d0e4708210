"""Authentication and permissions for the Django REST framework."""
import jwt
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission

from tokens import KeysUnavailable, challenge, verify


class Unavailable(APIException):
    status_code = 503


class InvalidToken(NotAuthenticated):
    """Its answer is 401 with the challenge that authenticate_header returns."""


class Caller:
    is_authenticated = True

    def __init__(self, sub):
        self.sub = sub


class GatehouseAuthentication(BaseAuthentication):
    """request.user.sub is the person, or the client that acts for itself. request.auth has all claims."""

    def authenticate(self, request):
        scheme, _, raw = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            token = verify(raw)
        except KeysUnavailable:
            raise Unavailable()
        except jwt.PyJWTError:
            request.refused = 'error="invalid_token"'
            raise InvalidToken()
        return Caller(token["sub"]), token

    def authenticate_header(self, request):
        return challenge(getattr(request, "refused", 'scope="orders:read"'))


def needs(scope, *roles):
    """Lets requests pass whose token has the scope and, if any are named, one of the roles."""

    class Needs(BasePermission):
        def has_permission(self, request, view):
            if request.auth is None:
                raise NotAuthenticated()
            if scope not in request.auth.get("scope", "").split():
                refused = PermissionDenied()
                refused.auth_header = challenge(f'error="insufficient_scope", scope="{scope}"')
                raise refused
            return not roles or request.auth.get("role") in roles  # more scope would not help

    return Needs
