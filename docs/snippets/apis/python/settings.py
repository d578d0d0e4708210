"""Settings of the API in Django: DJANGO_SETTINGS_MODULE=settings python -m django runserver"""
import os

ALLOWED_HOSTS = ["orders.example.com", "127.0.0.1"]
ROOT_URLCONF = "urls"
SECRET_KEY = os.urandom(16).hex()  # of your own project
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["permissions.GatehouseAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,  # without django.contrib.auth
}
