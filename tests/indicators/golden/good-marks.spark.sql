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
    COUNT(*) FILTER(WHERE
      (
        (
          NOT `boarder`
        ) AND (
          `mark` >= 7
        )
      )) AS `m0`,
    COUNT(*) FILTER(WHERE
      (
        (
          NOT `boarder`
        ) AND (
          NOT (
            (
              `mark` >= 7
            ) IS NULL
          )
        )
      )) AS `m1`,
    COUNT(*) FILTER(WHERE
      (
        NOT `boarder`
      )) AS `m2`
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
    `m0`,
    `m1`,
    `m2`
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
    COALESCE(CAST(SUM(`m0`) AS BIGINT), 0) AS `m0`,
    COALESCE(CAST(SUM(`m1`) AS BIGINT), 0) AS `m1`,
    COALESCE(CAST(SUM(`m2`) AS BIGINT), 0) AS `m2`
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
)
SELECT
  `region`,
  `district`,
  `sex`,
  `grade`,
  `age_class`,
  `boarder`,
  CAST(`m0` AS DOUBLE) AS `n0`,
  CAST(`m1` AS DOUBLE) AS `d0`,
  (
    (
      CAST(`m0` AS DOUBLE)
    ) / NULLIF(CAST(`m1` AS DOUBLE), 0)
  ) * CAST(100 AS DOUBLE) AS `v0`,
  `m2` AS `c0`
FROM (
  SELECT
    `rolled`.`region` AS `region`,
    `rolled`.`district` AS `district`,
    `rolled`.`sex` AS `sex`,
    `rolled`.`grade` AS `grade`,
    `rolled`.`age_class` AS `age_class`,
    `rolled`.`boarder` AS `boarder`,
    `rolled`.`m0` AS `m0`,
    `rolled`.`m1` AS `m1`,
    `rolled`.`m2` AS `m2`
  FROM rolled
) AS measured
