WITH cells AS (
  SELECT
    `place` AS `k0`,
    `sex` AS `k1`,
    CAST(`grade` AS STRING) AS `k2`,
    CASE
      WHEN (
        CAST(YEAR(CAST('2020-09-01' AS DATE)) - YEAR(`birth`) - CASE
          WHEN MONTH(CAST('2020-09-01' AS DATE)) * 100 + DAY(CAST('2020-09-01' AS DATE)) < MONTH(`birth`) * 100 + DAY(`birth`)
          THEN 1
          ELSE 0
        END AS BIGINT) < 10
      )
      THEN 'under-10'
      ELSE '10-plus'
    END AS `k3`,
    CASE
      WHEN `boarder`
      THEN 'true'
      WHEN (
        NOT `boarder`
      )
      THEN 'false'
      ELSE CAST(NULL AS STRING)
    END AS `k4`,
    COUNT(*) AS `m1`
  FROM rows
  GROUP BY
    1,
    2,
    3,
    4,
    5
), coded AS (
  SELECT
    COALESCE(`map0`.`above`, '_U') AS `region`,
    COALESCE(`map1`.`above`, '_U') AS `district`,
    COALESCE(`cells`.`k1`, '_U') AS `sex`,
    COALESCE(`cells`.`k2`, '_U') AS `grade`,
    COALESCE(`cells`.`k3`, '_U') AS `age_class`,
    COALESCE(`cells`.`k4`, '_U') AS `boarder`,
    `m1`
  FROM cells
  LEFT JOIN VALUES
    ('N', 'N'),
    ('S', 'S'),
    ('N1', 'N'),
    ('N2', 'N'),
    ('N3', 'N'),
    ('S1', 'S'),
    ('S2', 'S') AS map0(code, above)
    ON `cells`.`k0` = `map0`.`code`
  LEFT JOIN VALUES
    ('N1', 'N1'),
    ('N2', 'N2'),
    ('N3', 'N3'),
    ('S1', 'S1'),
    ('S2', 'S2') AS map1(code, above)
    ON `cells`.`k0` = `map1`.`code`
), rolled AS (
  SELECT
    `region` AS `region`,
    `district` AS `district`,
    `sex` AS `sex`,
    `grade` AS `grade`,
    `age_class` AS `age_class`,
    `boarder` AS `boarder`,
    COALESCE(CAST(SUM(`m1`) AS BIGINT), 0) AS `m1`
  FROM coded
  GROUP BY
    GROUPING SETS (
      (),
      (`region`),
      (`region`, `district`),
      (`sex`),
      (`grade`),
      (`sex`, `grade`),
      (`region`, `sex`),
      (`age_class`, `boarder`)
    )
), inputs AS (
  SELECT
    `place` AS `k0`,
    `sex` AS `k1`,
    CAST(`grade` AS STRING) AS `k2`,
    CASE
      WHEN (
        CAST(YEAR(CAST('2020-09-01' AS DATE)) - YEAR(`birth`) - CASE
          WHEN MONTH(CAST('2020-09-01' AS DATE)) * 100 + DAY(CAST('2020-09-01' AS DATE)) < MONTH(`birth`) * 100 + DAY(`birth`)
          THEN 1
          ELSE 0
        END AS BIGINT) < 10
      )
      THEN 'under-10'
      ELSE '10-plus'
    END AS `k3`,
    CASE
      WHEN `boarder`
      THEN 'true'
      WHEN (
        NOT `boarder`
      )
      THEN 'false'
      ELSE CAST(NULL AS STRING)
    END AS `k4`,
    CAST(`mark` AS DOUBLE) AS `x_m0`
  FROM rows
), coded_rows AS (
  SELECT
    COALESCE(`map0`.`above`, '_U') AS `region`,
    COALESCE(`map1`.`above`, '_U') AS `district`,
    COALESCE(`inputs`.`k1`, '_U') AS `sex`,
    COALESCE(`inputs`.`k2`, '_U') AS `grade`,
    COALESCE(`inputs`.`k3`, '_U') AS `age_class`,
    COALESCE(`inputs`.`k4`, '_U') AS `boarder`,
    `x_m0`
  FROM inputs
  LEFT JOIN VALUES
    ('N', 'N'),
    ('S', 'S'),
    ('N1', 'N'),
    ('N2', 'N'),
    ('N3', 'N'),
    ('S1', 'S'),
    ('S2', 'S') AS map0(code, above)
    ON `inputs`.`k0` = `map0`.`code`
  LEFT JOIN VALUES
    ('N1', 'N1'),
    ('N2', 'N2'),
    ('N3', 'N3'),
    ('S1', 'S1'),
    ('S2', 'S2') AS map1(code, above)
    ON `inputs`.`k0` = `map1`.`code`
), others AS (
  SELECT
    `region` AS `region`,
    `district` AS `district`,
    `sex` AS `sex`,
    `grade` AS `grade`,
    `age_class` AS `age_class`,
    `boarder` AS `boarder`,
    GET(
      ARRAY_SORT(COLLECT_LIST(`x_m0`)),
      CAST(FLOOR((
        (
          SIZE(ARRAY_SORT(COLLECT_LIST(`x_m0`))) - 1
        ) * 0.5e0
      )) AS INT)
    ) + (
      GET(
        ARRAY_SORT(COLLECT_LIST(`x_m0`)),
        CAST(CEIL((
          (
            SIZE(ARRAY_SORT(COLLECT_LIST(`x_m0`))) - 1
          ) * 0.5e0
        )) AS INT)
      ) - GET(
        ARRAY_SORT(COLLECT_LIST(`x_m0`)),
        CAST(FLOOR((
          (
            SIZE(ARRAY_SORT(COLLECT_LIST(`x_m0`))) - 1
          ) * 0.5e0
        )) AS INT)
      )
    ) * (
      (
        (
          SIZE(ARRAY_SORT(COLLECT_LIST(`x_m0`))) - 1
        ) * 0.5e0
      ) - FLOOR((
        (
          SIZE(ARRAY_SORT(COLLECT_LIST(`x_m0`))) - 1
        ) * 0.5e0
      ))
    ) AS `m0`
  FROM coded_rows
  GROUP BY
    GROUPING SETS (
      (),
      (`region`),
      (`region`, `district`),
      (`sex`),
      (`grade`),
      (`sex`, `grade`),
      (`region`, `sex`),
      (`age_class`, `boarder`)
    )
)
SELECT
  `region`,
  `district`,
  `sex`,
  `grade`,
  `age_class`,
  `boarder`,
  `m0` AS `v0`,
  `m1` AS `c0`
FROM (
  SELECT
    `rolled`.`region` AS `region`,
    `rolled`.`district` AS `district`,
    `rolled`.`sex` AS `sex`,
    `rolled`.`grade` AS `grade`,
    `rolled`.`age_class` AS `age_class`,
    `rolled`.`boarder` AS `boarder`,
    `rolled`.`m1` AS `m1`,
    `others`.`m0` AS `m0`
  FROM rolled
  LEFT JOIN others
    ON `rolled`.`region` IS NOT DISTINCT FROM `others`.`region`
    AND `rolled`.`district` IS NOT DISTINCT FROM `others`.`district`
    AND `rolled`.`sex` IS NOT DISTINCT FROM `others`.`sex`
    AND `rolled`.`grade` IS NOT DISTINCT FROM `others`.`grade`
    AND `rolled`.`age_class` IS NOT DISTINCT FROM `others`.`age_class`
    AND `rolled`.`boarder` IS NOT DISTINCT FROM `others`.`boarder`
) AS measured
