"""Addresses of the reporting unit's pages. The offices' pages stand in ``backlog_urls`` and ``freeze_urls``."""

from django.urls import URLPattern, URLResolver, path

from sapa_web.collection.views import check, entry, offer, receipt, returns, signing, workbook

app_name = "collection"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", returns.listing, name="returns"),
    path("key/", receipt.demonstration_key, name="demonstration-key"),
    path("receipts/<str:receipt>/", receipt.receipt, name="receipt"),
    path("receipts/<str:receipt>/bundle.zip", receipt.receipt_bundle, name="receipt-bundle"),
    path("<int:pk>/", entry.enter, name="return"),
    path("<int:pk>/grid/data", entry.grid_data, name="grid-data"),
    path("<int:pk>/grid/changes", entry.grid_changes, name="grid-changes"),
    path("<int:pk>/rows/", entry.rows, name="rows"),
    path("<int:pk>/rows/<str:row_id>/", entry.row, name="row"),
    path("<int:pk>/discard/", entry.discard, name="discard"),
    path("<int:pk>/offers/<str:kind>/", offer.offer, name="offer"),
    path("<int:pk>/workbook.xlsx", workbook.template, name="workbook"),
    path("<int:pk>/marked.xlsx", workbook.marked_list, name="marked-list"),
    path("<int:pk>/upload/", workbook.upload, name="upload"),
    path("<int:pk>/upload/<int:upload_id>/", workbook.preview, name="preview"),
    path("<int:pk>/upload/<int:upload_id>/confirm/", workbook.confirm, name="upload-confirm"),
    path("<int:pk>/upload/<int:upload_id>/marked.xlsx", workbook.marked, name="upload-marked"),
    path("<int:pk>/check/", check.check, name="check"),
    path("<int:pk>/check/again/", check.again, name="check-again"),
    path("<int:pk>/explain/", check.explain_finding, name="explain"),
    path("<int:pk>/compare/", signing.compare, name="compare"),
    path("<int:pk>/sign/", signing.sign, name="sign"),
    path("<int:pk>/sign/statement.json", signing.statement, name="statement"),
    path("<int:pk>/history/", receipt.history, name="history"),
]
