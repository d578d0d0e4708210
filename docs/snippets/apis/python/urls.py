from django.urls import path
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.response import Response

from permissions import needs
from tokens import description


@api_view()
@permission_classes([needs("orders:read")])
def orders(request):
    return Response({"sub": request.user.sub, "client_id": request.auth["client_id"], "role": request.auth.get("role")})


@api_view()
@permission_classes([needs("orders:read", "staff", "admin")])
def reports(request):
    return Response({"sub": request.user.sub, "client_id": request.auth["client_id"], "role": request.auth.get("role")})


@api_view()
@authentication_classes([])
def metadata(request):
    return Response(description())


urlpatterns = [path("orders", orders), path("reports", reports), path(".well-known/oauth-protected-resource", metadata)]
