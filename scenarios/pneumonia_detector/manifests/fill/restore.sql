-- What a backup holds takes the place of what a new system begins with.

truncate document, audit, model;

copy document from '/tmp/document';

copy audit from '/tmp/audit';

copy model from '/tmp/model';

select setval('model_version_seq', (select coalesce(max(version), 1) from model));

