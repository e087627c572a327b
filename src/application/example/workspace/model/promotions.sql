SELECT aktnr AS promotion_id, matnr AS item_id, werks AS location_id, datab AS starts_on, datbi AS ends_on,
       CAST(rabat AS DOUBLE) / 100 AS discount
FROM lake.erp_aktio
